import { perWorker, routeService, test, expect } from "evi-emulator/playwright";
import { open, shown } from "./page.mjs";

test.use({ eviSettings: { seed: "empty" } });

test("what a page fetches comes from the world", async ({ page, evi }) => {
  await open(page);
  const body = JSON.stringify({ name: "From a page", evi_version: "3" });
  const headers = { "Content-Type": "application/json" };
  const made = await page.evaluate((init) => ask("/v0/evi/configs", init), { method: "POST", body, headers });
  expect(made.status).toBe(201);
  expect(await evi.configs.has("From a page")).toBe(true);
  await evi.stub("list-configs", { status: 503, body: {} });
  expect((await page.evaluate(() => ask("/v0/evi/configs"))).status).toBe(503);
});

test("a page without credentials is refused", async ({ page }) => {
  await open(page);
  const refused = await page.evaluate(() => ask("/v0/evi/configs", { headers: { "X-Hume-Api-Key": "" } }));
  expect(refused.status).toBe(401);
  await page.evaluate(() => chat(""));
  await expect(page.locator("#log li")).toHaveText(["error", "close 1006, lost"]);
});

test("a broken answer is a network error of the page", async ({ page, evi }) => {
  await open(page);
  await evi.faults.add("http", "reset", { operation: "list-configs" });
  const error = await page.evaluate(() => ask("/v0/evi/configs").catch(String));
  expect(error).toContain("Failed to fetch");
});

test("a chat is in the world, until its access token expires", async ({ page, evi }) => {
  await evi.script.onUser("weather").say("It snows.");
  await open(page);
  const token = await page.evaluate(() => window.token());
  await page.evaluate((each) => chat(`access_token=${each}`), token);
  await expect(shown(page, "chat_metadata")).toBeVisible();
  await page.evaluate(() => socket.send(JSON.stringify({ type: "user_input", text: "The weather?" })));
  await expect(shown(page, "assistant: It snows.")).toBeVisible();
  const chat = await evi.nextChat();
  await chat.expect("user_input", { text: "The weather?" });
  await page.evaluate(() => socket.close(1000, "done"));
  await expect(shown(page, "close 1000")).toBeVisible();
  await chat.closed(1000);
  await evi.clock.advance({ minutes: 31 });
  await page.evaluate((each) => chat(`access_token=${each}`), token);
  await expect(shown(page, "close 1006")).toBeVisible();
});

test("a chat that is lost", async ({ page, evi }) => {
  await evi.faults.add("socket", "vanish", { frame: 2 });
  await open(page);
  await page.evaluate(() => chat());
  await expect(shown(page, "chat_metadata")).toBeVisible();
  await page.evaluate(() => socket.send(JSON.stringify({ type: "user_input", text: "Hello" })));
  await expect(page.locator("#log li")).toHaveText(["open", "chat_metadata", "close 1006, lost"]);
});

test("what is not routed does not find the service", async ({ browser }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await expect(page.goto("https://api.hume.ai/")).rejects.toThrow("ERR_NAME_NOT_RESOLVED");
  await context.close();
});

test("a token of the real service does, too", async ({ page, evi }) => {
  await open(page);
  await page.evaluate(() => chat("access_token=from-elsewhere"));
  await (await evi.nextChat({ timeoutMs: 5000 })).send({ type: "assistant_input", text: "Hello." }).catch(() => {});
  await expect(shown(page, "chat_metadata")).toBeVisible();
  await page.close();
  await expect.poll(async () => (await evi.chats())[0].isLive()).toBe(false);
});

test("two turns through the microphone", async ({ page, evi, microphone }) => {
  await evi.script.onUser("order").say("It is on its way.");
  await evi.script.onUser("thank").say("Good night!");
  await open(page);
  await page.click("#talk");
  await expect(shown(page, "chat_metadata")).toBeVisible();
  await microphone.say("Where is my order?");
  await expect(shown(page, "assistant: It is on its way.")).toBeVisible();
  await microphone.say("Thank you", { seconds: 0.8 });
  await expect(shown(page, "assistant: Good night!")).toBeVisible();
  await page.evaluate(() => hangUp());
  await expect(shown(page, "close 1000")).toBeVisible();
  const users = (await (await evi.nextChat()).messages()).filter(([role]) => role === "user");
  expect(users).toEqual([["user", "Where is my order?"], ["user", "Thank you"]]);
});

test("nobody listens", async ({ page, microphone }) => {
  await open(page);
  await expect(microphone.say("Hello?", { timeoutMs: 50 })).rejects.toThrow(
    "no page opened its microphone within 0.05 s",
  );
});

test("a context of one's own", async ({ browser, evi }) => {
  const context = await browser.newContext();
  const routes = await routeService(context, evi);
  const page = await context.newPage();
  await open(page);
  await page.evaluate(() => chat());
  await evi.nextChat({ timeoutMs: 5000 });
  await routes.close();
  await context.close();
});

const kept = perWorker({ seed: "demo" });
let key;

for (const time of ["first", "second"]) {
  kept(`one key for the worker: ${time}`, async ({ page, evi, workerEvi }) => {
    expect(workerEvi).toBe(evi);
    expect(evi.apiKey).toBe((key ??= evi.apiKey));
    expect(await evi.journal.entries()).toEqual([]);
    await open(page);
    expect((await page.evaluate(() => ask("/v0/evi/configs"))).status).toBe(200);
  });
}
