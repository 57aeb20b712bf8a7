// Lets the phone say once where it is, when its owner presses the button.
//
//   <form method="post" data-near class="js-only">
//     <input type="hidden" name="lon"><input type="hidden" name="lat"><input type="hidden" name="accuracy">
//     <button>…</button> <p role="status" data-near-status data-t-asking="…" data-t-denied="…"></p>
//   </form>

function say(form: HTMLFormElement, key: "tAsking" | "tDenied"): void {
  const status = form.querySelector<HTMLElement>("[data-near-status]");
  if (status) status.textContent = status.dataset[key] ?? "";
}

function put(form: HTMLFormElement, name: string, value: number): void {
  const input = form.elements.namedItem(name);
  if (input instanceof HTMLInputElement) input.value = String(value);
}

/** Sends the form once the browser has said where the phone is; without an answer nothing is sent. */
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.near === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!("geolocation" in navigator)) {
      say(form, "tDenied");
      return;
    }
    say(form, "tAsking");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        put(form, "lon", coords.longitude);
        put(form, "lat", coords.latitude);
        put(form, "accuracy", coords.accuracy);
        // Past the listener above: this one goes out.
        HTMLFormElement.prototype.submit.call(form);
      },
      () => say(form, "tDenied"),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  },
  true,
);
