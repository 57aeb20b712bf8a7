// Signing in as a role of the demo city.

const order = ["volunteer", "leader", "station", "office", "system", "security", "audit"];

/** Signs in with one tap on the demo's sign-in page; the buttons stand in a fixed order. */
export async function signIn(page, role) {
  await page.goto("/sign-in");
  await page.locator("form[action='/sign-in/demo'] button").nth(order.indexOf(role)).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}
