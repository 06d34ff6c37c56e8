import { test, expect } from "evi-emulator/playwright";

const app = `http://127.0.0.1:${process.env.PORT_OF_SERVER}`;

for (const time of ["first", "second"]) {
  test(`the server of the run is in each test's world: ${time}`, async ({ page, evi }) => {
    expect(await evi.configs.list()).toEqual([]); // the configuration asks for an empty seed
    await page.goto(`${app}/make`);
    await expect(page.locator("body")).toHaveText("201");
    expect(await evi.configs.has("By the server")).toBe(true);
  });
}
