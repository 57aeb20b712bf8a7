// Reading a page aloud, for those who use the elder mode (X14). The device's own voice does it: nothing leaves the phone.
// Where there is no voice the button stays hidden; screen readers need none of this.

/** Pieces of a text that are short enough for every voice; some stop in the middle of what is longer. */
export function pieces(text: string): string[] {
  const parts = text.match(/[^\n。！？；!?;]+[。！？；!?;]*/gu) ?? [];
  return parts.map((part) => part.trim()).filter((part) => /[\p{L}\p{N}]/u.test(part));
}

/** What is to be read: the visible text of the page's main part without its foot and without this button. */
function words(main: HTMLElement, button: HTMLElement): string {
  const foot = main.querySelector<HTMLElement>("footer")?.innerText ?? "";
  const all = main.innerText;
  const body = foot !== "" && all.trimEnd().endsWith(foot.trimEnd()) ? all.slice(0, all.lastIndexOf(foot)) : all;
  return body.replace(button.innerText, "");
}

/** Shows the button where the device can speak, and lets it start and stop. */
export function startSpeaking(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-speak]");
  const main = document.querySelector<HTMLElement>("main");
  if (!button || !main || !("speechSynthesis" in window)) return;
  const voice = window.speechSynthesis;
  const label = button.textContent ?? "";
  const stop = button.dataset.stop ?? label;
  let reading = false;
  // Each start has a number, so that the end of an interrupted reading does not change the label of the next.
  let turn = 0;
  const rest = (): void => {
    reading = false;
    button.textContent = label;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    turn += 1;
    voice.cancel();
    if (reading) return rest();
    const mine = turn;
    const parts = pieces(words(main, button));
    parts.forEach((part, at) => {
      const one = new SpeechSynthesisUtterance(part);
      one.lang = document.documentElement.lang;
      one.rate = 0.9;
      if (at === parts.length - 1) {
        one.addEventListener("end", () => {
          if (mine === turn) rest();
        });
      }
      one.addEventListener("error", () => {
        if (mine === turn) rest();
      });
      voice.speak(one);
    });
    if (parts.length > 0) {
      reading = true;
      button.textContent = stop;
    }
  });
  // A voice would go on over the next page.
  window.addEventListener("pagehide", () => voice.cancel());
}
