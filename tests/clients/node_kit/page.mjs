// A page that asks the service itself, as front ends do, and shows what it says.
const HTML = `<!doctype html><title>A voice</title><link rel="icon" href="data:,">
<ol id="log"></ol><button id="talk">Talk</button>
<script type="module">
  const key = "a key of the real service";
  const tell = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    document.querySelector("#log").append(item);
  };
  const api = "api.hume.ai";
  window.ask = async (path, init = {}) => {
    const headers = { "X-Hume-Api-Key": key, ...init.headers };
    const answer = await fetch("https://" + api + path, { ...init, headers });
    return { status: answer.status, text: await answer.text() };
  };
  window.token = async () => {
    const authorization = "Basic " + btoa(key + ":secret");
    const answer = await fetch("https://" + api + "/oauth2-cc/token", {
      method: "POST",
      headers: { Authorization: authorization },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    return (await answer.json()).access_token;
  };
  window.chat = (query = "api_key=" + encodeURIComponent(key)) => {
    const socket = (window.socket = new WebSocket("wss://" + api + "/v0/evi/chat?" + query));
    socket.onopen = () => tell("open");
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.message) tell(message.message.role + ": " + message.message.content);
      else tell(message.type);
    };
    socket.onerror = () => tell("error");
    socket.onclose = ({ code, wasClean }) => tell("close " + code + (wasClean ? "" : ", lost"));
    return socket;
  };
  document.querySelector("#talk").onclick = async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const socket = window.chat();
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const recorder = new MediaRecorder(stream, { mimeType: "audio/webm" });
    recorder.ondataavailable = ({ data }) => socket.readyState === 1 && socket.send(data);
    recorder.start(100);
    window.hangUp = () => {
      recorder.stop();
      stream.getTracks().forEach((track) => track.stop());
      socket.close(1000);
    };
  };
</script>`;

/** Open the page; what it is served from does not matter. */
export async function open(page, html = HTML) {
  await page.route("http://localhost/", (route) => route.fulfill({ contentType: "text/html", body: html }));
  await page.goto("http://localhost/");
}

/** Return what the page shows. */
export const shown = (page, text) => page.locator("#log li", { hasText: text }).first();
