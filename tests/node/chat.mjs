// Holds conversations with the vendor's TypeScript client. Each line of the input is a conversation
// {url, apiKey or accessToken, options, actions, sends}, as conformance/ has them but for `audio`,
// which is a list of texts in base64; `sends` are the methods of the socket by type of message. Each line of the output is what the client received:
// {messages, closed, errors}; `closed` is null where the client was the one to close.
//
// One more action, {join: true}, opens a second socket on the chat; actions with {from: "joined"} go
// through it, and `joined` of the output is what it received.

import { createInterface } from "node:readline";
import { HumeClient } from "hume";
import { camel } from "./names.mjs";

const TIMEOUT_MS = 10_000;

// What the client received, in order, and a way to wait for the next.
class Inbox {
  received = [];
  #waiting = null;

  put(item) {
    this.received.push(item);
    this.#waiting?.();
  }

  async take() {
    if (this.received.length === 0) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("nothing came in time")), TIMEOUT_MS);
      });
      const arrival = new Promise((resolve) => { this.#waiting = resolve; });
      await Promise.race([arrival, late]).finally(() => clearTimeout(timer));
      this.#waiting = null;
    }
    return this.received.shift();
  }
}

// One socket: a chat's own, or one that joined it.
class Connection {
  messages = [];
  closed = null;
  errors = [];
  #inbox = new Inbox();

  constructor(socket) {
    this.socket = socket;
    socket.on("message", (message) => this.#inbox.put({ message }));
    socket.on("error", (error) => this.#inbox.put({ error: error.message }));
    socket.on("close", (event) => this.#inbox.put({ closed: event.code }));
  }

  // False if the handshake was refused.
  async isOpen() {
    try {
      await this.socket.waitForOpen();
      return true;
    } catch {
      await this.wait("closed");
      this.rest();
      return false;
    }
  }

  async wait(type) {
    for (;;) {
      const kind = this.#note(await this.#inbox.take());
      if (kind === type) return;
      if (kind === "closed") throw new Error(`closed while waiting for ${type}`);
    }
  }

  // What has come and nobody waited for.
  rest() {
    for (const item of this.#inbox.received.splice(0)) this.#note(item);
  }

  #note({ message, error, closed }) {
    if (message) this.messages.push(message);
    else if (error !== undefined) this.errors.push(error);
    else this.closed = closed;
    return message?.type ?? (error === undefined ? "closed" : "error event");
  }

  close() {
    this.rest();
    const { messages, closed, errors } = this;
    this.socket.close();
    return { messages, closed, errors };
  }
}

class Player {
  #joined = null;

  constructor({ url, apiKey, accessToken, options, actions, sends }) {
    this.sends = sends;
    this.url = url;
    this.apiKey = apiKey;
    this.actions = actions;
    this.client = new HumeClient({ environment: url, ...(accessToken ? { accessToken } : { apiKey }) });
    const socket = this.client.empathicVoice.chat.connect({ ...camel(options), reconnectAttempts: 0 });
    this.main = new Connection(socket);
  }

  async play() {
    try {
      if (await this.main.isOpen()) {
        for (const action of this.actions) await this.#act(action);
        if (this.main.closed === null) await this.#chatId();
      }
    } finally {
      this.joined = this.#joined?.close();
      this.result = this.main.close();
    }
    return { ...this.result, joined: this.joined };
  }

  async #act({ from, ...action }) {
    const connection = from === "joined" ? this.#joined : this.main;
    if (action.send) this.#send(connection.socket, action.send);
    else if (action.control) await this.#control(action.control);
    else if (action.audio) this.#sendSound(action);
    else if (action.frame !== undefined) connection.socket.socket.send(action.frame);
    else if (action.await) await connection.wait(action.await);
    else if (action.join) await this.#join();
    else if (action.freeze) await this.#post("/_emulator/clock/freeze");
    else if (action.advance) await this.#post("/_emulator/clock/advance", { seconds: action.advance });
    else throw new Error(`no such action: ${JSON.stringify(action)}`);
  }

  // Sends as the table says: by which method, and what it takes.
  #send(socket, message) {
    const { type, ...fields } = camel(this.#filled(message));
    const { typescript: method, takes } = this.sends[type];
    socket[method](takes === "text" ? fields.text : fields);
  }

  async #control(message) {
    const request = camel(this.#filled(message));
    await this.client.empathicVoice.controlPlane.send(await this.#chatId(), request);
  }

  async #join() {
    const { controlPlane } = this.client.empathicVoice;
    const chat_id = await this.#chatId(); // this one name is not in camelCase
    this.#joined = new Connection(await controlPlane.connect({ chat_id, reconnectAttempts: 0 }));
    await this.#joined.isOpen();
  }

  #sendSound({ audio, frames }) {
    for (const data of audio) {
      if (frames === "json") this.#send(this.main.socket, { type: "audio_input", data });
      else this.main.socket[this.sends.binary.typescript](Buffer.from(data, "base64"));
    }
  }

  #filled(message) {
    if (message.tool_call_id !== "$tool_call_id") return message;
    const call = this.main.messages.findLast((each) => each.type === "tool_call");
    return { ...message, tool_call_id: call.toolCallId };
  }

  async #chatId() {
    if (this.main.messages.length === 0) await this.main.wait("chat_metadata");
    return this.main.messages[0].chatId;
  }

  async #post(path, body = {}) {
    const headers = { "X-Hume-Api-Key": this.apiKey, "Content-Type": "application/json" };
    const answer = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await new Player(JSON.parse(line)).play().catch((error) => ({ failed: error.stack }));
  console.log(JSON.stringify(answer));
}
