import type { Evi, WebhookFault } from "evi-emulator";
import { test } from "evi-emulator/vitest";
import { beforeEach, expect, vi } from "vitest";
import { POST } from "../app/api/webhook/route";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => {}));

/** Have the emulator send an event, and return what the route answers to it. */
async function statusOf(evi: Evi, ...faults: WebhookFault[]): Promise<number> {
  vi.stubEnv("HUME_WEBHOOK_SIGNING_KEY", evi.signingKey);
  await evi.simulate({ user: ["Hello"] });
  const receiver = await evi.receiver();
  await evi.webhooks.trigger("chat_ended", { url: receiver.url, faults });
  const { headers, body } = await receiver.waitFor("chat_ended");
  const request = new Request("http://localhost/api/webhook", {
    method: "POST",
    headers: headers as Record<string, string>,
    body: new Uint8Array(body),
  });
  return (await POST(request)).status;
}

test("an event is taken", async ({ evi }) => {
  expect(await statusOf(evi)).toBe(204);
  expect(console.log).toHaveBeenCalledWith(expect.stringMatching(/^Chat .* ended after \d+ s$/));
});

test.for<WebhookFault>(["wrong_key", "tampered_body", "stale_timestamp"])(
  "an event with %s is refused",
  async (fault, { evi }) => {
    expect(await statusOf(evi, fault)).toBe(401);
    expect(console.log).not.toHaveBeenCalled();
  },
);
