import { expect } from "vitest";
import { test } from "evi-emulator/vitest";

test("fails", async ({ evi }) => {
  await evi.simulate({ user: ["Hello"] });
  expect(1).toBe(2);
});
test("expects in vain", async ({ evi }) => {
  const chat = await evi.simulate({ user: ["Hello"] });
  await chat.expect("user_input", { text: "Hi" }, { timeoutMs: 10 });
});
test("leaves a stub over", async ({ evi }) => {
  await evi.stub("list-configs", { status: 503 });
});
