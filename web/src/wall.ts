// The check-in wall: what the server tells is written into the page; the browser reconnects by itself.
//
//   <div data-wall data-src="…"> <b data-wall-attended> <b data-wall-all> <ul data-wall-latest> <p data-wall-problem hidden>

interface Picture {
  attended: number;
  all: number;
  latest: { name: string; time: string }[];
}

function draw(wall: HTMLElement, picture: Picture): void {
  const put = (name: string, text: string): void => {
    const place = wall.querySelector(`[data-wall-${name}]`);
    if (place) place.textContent = text;
  };
  put("attended", String(picture.attended));
  put("all", String(picture.all));
  const rows = picture.latest.map((one) => {
    const row = document.createElement("li");
    const time = document.createElement("span");
    time.className = "text-secondary";
    time.textContent = one.time;
    row.append(`${one.name} `, time);
    return row;
  });
  wall.querySelector("[data-wall-latest]")?.replaceChildren(...rows);
  const empty = wall.querySelector<HTMLElement>("[data-wall-empty]");
  if (empty) empty.hidden = rows.length > 0;
}

document.querySelectorAll<HTMLElement>("[data-wall]").forEach((wall) => {
  const problem = wall.querySelector<HTMLElement>("[data-wall-problem]");
  const open = (): void => {
    const source = new EventSource(wall.dataset["src"] ?? "");
    source.onopen = () => {
      if (problem) problem.hidden = true;
    };
    source.onmessage = (event) => draw(wall, JSON.parse(String(event.data)) as Picture);
    source.onerror = () => {
      // A connection that ends after its time is opened again at once; only one that stays away is told.
      if (source.readyState === EventSource.CONNECTING) return;
      source.close();
      if (problem) problem.hidden = false;
      window.setTimeout(open, 10_000);
    };
  };
  open();
});
