import { test, expect } from "evi-emulator/playwright";
import { open, shown } from "./page.mjs";

test("a wrong answer", async ({ page }) => {
  await open(page);
  await page.evaluate(() => chat());
  await expect(shown(page, "chat_metadata")).toBeVisible();
  await expect(shown(page, "assistant: It snows.")).toBeVisible({ timeout: 10 });
});

test("a wait in vain", async ({ page, evi }) => {
  await open(page);
  await page.evaluate(() => chat());
  await (await evi.nextChat({ timeoutMs: 5000 })).expect("user_input", { text: "Hi" }, { timeoutMs: 10 });
});

test("a stub that nobody used", async ({ evi }) => {
  await evi.stub("list-configs", { status: 503, body: {} });
});

test("a test that takes too long", async ({ page }) => {
  await open(page);
  await page.evaluate(() => chat());
  await expect(shown(page, "chat_metadata")).toBeVisible();
  test.setTimeout(1000); // since the test's start: the time is over, or soon is
  await shown(page, "assistant: It snows.").waitFor({ timeout: 0 });
});
