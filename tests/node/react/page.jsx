// A page that talks through the vendor's React package. What happens in it is told to `window.log`.

import { VoiceProvider, useVoice } from "@humeai/voice-react";
import { createRoot } from "react-dom/client";

const { hostname, apiKey, configId, enableAudioWorklet } = window.settings;
const connection = { auth: { type: "apiKey", value: apiKey }, hostname, configId };

window.log = [];
const tell = (what, detail) => window.log.push([what, detail ?? null]);

function text(message) {
  switch (message.type) {
    case "user_message": return `User: ${message.message.content}`;
    case "assistant_message": return `Assistant: ${message.message.content}`;
    default: return message.type;
  }
}

function Conversation() {
  const voice = useVoice();
  const connect = () =>
    voice.connect(connection).catch((error) => tell("connect failed", String(error)));
  return (
    <main>
      <output id="status">{voice.status.value}</output>
      <output id="playing">{String(voice.isPlaying)}</output>
      <output id="error">{voice.error?.message ?? ""}</output>
      <output id="chat">{voice.chatMetadata?.chatId ?? ""}</output>
      <button id="connect" onClick={connect}>Connect</button>
      <button id="mute" onClick={voice.mute}>Mute</button>
      <button id="disconnect" onClick={() => voice.disconnect()}>Disconnect</button>
      <button id="type" onClick={() => voice.sendUserInput("The weather in Oslo?")}>Type</button>
      <ol id="messages">
        {voice.messages.map((message, number) => <li key={number}>{text(message)}</li>)}
      </ol>
    </main>
  );
}

const onToolCall = async (call, send) => {
  tell("tool call", `${call.name} ${call.parameters}`);
  return send.success({ weather: "snow" });
};

createRoot(document.getElementById("root")).render(
  <VoiceProvider
    {...connection /* which versions 0.1 take from here */}
    clearMessagesOnDisconnect={false}
    enableAudioWorklet={enableAudioWorklet}
    onAudioEnd={(id) => tell("audio end", id)}
    onAudioStart={(id) => tell("audio start", id)}
    onClose={(event) => tell("close", event.code)}
    onError={(error) => tell("error", `${error.type} ${error.reason}: ${error.message}`)}
    onInterruption={(message) => tell("interruption", message.type)}
    onMessage={(message) => tell("message", message.type)}
    onOpen={() => tell("open")}
    onToolCall={onToolCall}
  >
    <Conversation />
  </VoiceProvider>,
);
