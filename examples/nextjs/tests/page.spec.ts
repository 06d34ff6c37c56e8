import { expect, test } from "evi-emulator/playwright";

test.use({ eviSettings: { pace: "4" } }); // the player wants sentence after sentence, as the service sends them

test("somebody asks for an order, by voice and by text", async ({ page, evi, microphone }) => {
  await evi.script.onUser("order").say("It is on its way.");
  await evi.script.onUser("thank").say("Good night!");

  await page.goto("/");
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.getByRole("button", { name: "Hang up" })).toBeVisible();

  await microphone.say("Where is my order?");
  await expect(page.getByText("user: Where is my order?")).toBeVisible();
  await expect(page.getByText("assistant: It is on its way.")).toBeVisible();

  await page.getByLabel("Text").fill("Thank you");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("assistant: Good night!")).toBeVisible();

  await page.getByRole("button", { name: "Hang up" }).click();
  await expect(page.getByText("disconnected")).toBeVisible();
  const chat = await evi.nextChat();
  await chat.expect("user_input", { text: "Thank you" });
  await chat.closed(1000);
});

test("the service refuses the chat", async ({ page, evi }) => {
  await evi.faults.add("socket", "refuse", { status: 503 });

  await page.goto("/");
  await page.getByRole("button", { name: "Start" }).click();

  await expect(page.getByText(/failed|closed|error/i)).toBeVisible();
});
