"use client";

import { VoiceProvider } from "@humeai/voice-react";
import { Conversation } from "./conversation";

export default function Page() {
  // The audio worklet would come from a server on the internet, which a test has no need to ask.
  return (
    <VoiceProvider enableAudioWorklet={false} clearMessagesOnDisconnect={false}>
      <Conversation />
    </VoiceProvider>
  );
}
