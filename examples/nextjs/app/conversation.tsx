"use client";

import { useVoice } from "@humeai/voice-react";

export function Conversation() {
  const { connect, disconnect, isMuted, messages, mute, sendUserInput, status, unmute } = useVoice();

  async function start() {
    const answer = await fetch("/api/token");
    const { accessToken } = await answer.json();
    await connect({ auth: { type: "accessToken", value: accessToken } });
  }

  function type(form: FormData) {
    sendUserInput(String(form.get("text")));
  }

  if (status.value !== "connected") {
    return (
      <main>
        <button onClick={start}>Start</button>
        <output>{status.value === "error" ? status.reason : status.value}</output>
      </main>
    );
  }
  return (
    <main>
      <button onClick={() => disconnect()}>Hang up</button>
      <button onClick={isMuted ? unmute : mute}>{isMuted ? "Unmute" : "Mute"}</button>
      <ol>
        {messages.map((message, index) => {
          if (message.type !== "user_message" && message.type !== "assistant_message") return null;
          return (
            <li key={index}>
              {message.message.role}: {message.message.content}
            </li>
          );
        })}
      </ol>
      <form action={type}>
        <input name="text" aria-label="Text" />
        <button>Send</button>
      </form>
    </main>
  );
}
