// Draws maps: the list of activities as markers, one activity's place, and the choice of a point in a form.
// The page works without it; the map adds a picture of what the list or the two number fields say.
//
//   <div data-map data-tiles="" data-attribution="" data-zoom-in data-zoom-out data-several="{} …">
//
// Without `data-tiles` the base is plain: a grid, the streets' names (`[data-landmarks] > [data-lon]`) and
// a scale. Markers come from `[data-lon][data-lat]` articles of the page, or from the map's own `data-lon`,
// `data-lat`. `data-pick`: a press sets the fields #f-lon and #f-lat, and typing there moves the marker.
import { divIcon, latLng, latLngBounds, layerGroup, map as leaflet, marker, control, tileLayer, tooltip, type LatLng, type Map, type Marker, type Point } from "leaflet";
import { ofTiles, onTiles } from "./datum";

/** Least distance of two markers, in pixels: a marker is 32 wide. */
const APART = 48;

interface Spot {
  at: LatLng;
  items: { title: string; href: string; when: string; places: string }[];
}

function number(text: string | null | undefined): number | undefined {
  if (!text?.trim()) return undefined;
  const n = Number(text);
  return Number.isFinite(n) ? n : undefined;
}

/** The system of the tiles; all maps of a page have the same. Addresses, fields and attributes are in WGS-84. */
const datum = document.querySelector<HTMLElement>("[data-map]")?.dataset.datum ?? "wgs84";

/** Where a place stands on the tiles. */
function drawnAt(lon: number, lat: number): LatLng {
  const at = onTiles(datum, { lon, lat });
  return latLng(at.lat, at.lon);
}

function point(element: HTMLElement, lon: string, lat: string): LatLng | undefined {
  const [x, y] = [number(element.dataset[lon]), number(element.dataset[lat])];
  return x === undefined || y === undefined ? undefined : drawnAt(x, y);
}

function pin(count: number): ReturnType<typeof divIcon> {
  const label = document.createElement("span");
  label.className = "map-pin";
  label.textContent = count > 1 ? String(count) : "";
  return divIcon({ html: label, className: "map-marker", iconSize: [32, 32], iconAnchor: [16, 16], popupAnchor: [0, -14] });
}

function base(box: HTMLElement): Map {
  const drawn = leaflet(box, { zoomControl: false, attributionControl: Boolean(box.dataset.tiles), scrollWheelZoom: false, maxZoom: 19, minZoom: 3 });
  control.zoom({ zoomInTitle: box.dataset.zoomIn ?? "+", zoomOutTitle: box.dataset.zoomOut ?? "−" }).addTo(drawn);
  control.scale({ imperial: false }).addTo(drawn);
  if (box.dataset.tiles) tileLayer(box.dataset.tiles, { attribution: escaped(box.dataset.attribution ?? ""), maxZoom: 19 }).addTo(drawn);
  else box.classList.add("map-plain");
  return drawn;
}

/** Leaflet writes the attribution as HTML; ours is text. */
function escaped(text: string): string {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

function names(drawn: Map): void {
  for (const item of document.querySelectorAll<HTMLElement>("[data-landmarks] > [data-lon]")) {
    const at = point(item, "lon", "lat");
    if (at) tooltip({ permanent: true, direction: "center", className: "map-name", interactive: false }).setLatLng(at).setContent(escaped(item.textContent ?? "")).addTo(drawn);
  }
}

function popup(spot: Spot): HTMLElement {
  const list = document.createElement("ul");
  list.className = "map-popup";
  for (const item of spot.items) {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = item.href;
    link.textContent = item.title;
    const more = document.createElement("div");
    more.textContent = `${item.when} · ${item.places}`;
    line.append(link, more);
    list.append(line);
  }
  return list;
}

function spots(): Spot[] {
  const found = new globalThis.Map<string, Spot>();
  for (const row of document.querySelectorAll<HTMLElement>("article[data-lon][data-lat]")) {
    const at = point(row, "lon", "lat");
    if (!at) continue;
    const key = `${at.lng.toFixed(4)},${at.lat.toFixed(4)}`;
    const spot = found.get(key) ?? { at, items: [] };
    const { title = "", href = "", when = "", places = "" } = row.dataset;
    spot.items.push({ title, href, when, places });
    found.set(key, spot);
  }
  return [...found.values()];
}

function overview(box: HTMLElement): void {
  const all = spots();
  const drawn = base(box);
  names(drawn);
  const shown = layerGroup().addTo(drawn);
  // Markers that would overlap are one: each stays large enough for a finger.
  const draw = (): void => {
    shown.clearLayers();
    for (const spot of together(drawn, all)) {
      const first = spot.items[0];
      const several = (box.dataset.several ?? "{}").replace("{}", String(spot.items.length));
      const alt = spot.items.length > 1 ? several : (first?.title ?? "");
      marker(spot.at, { icon: pin(spot.items.length), title: alt, alt, keyboard: true }).bindPopup(popup(spot), { maxWidth: 280, maxHeight: 240 }).addTo(shown);
    }
  };
  if (all.length > 0) drawn.fitBounds(latLngBounds(all.map((spot) => spot.at)), { padding: [36, 36], maxZoom: 15 });
  else drawn.setView([35, 105], 4);
  draw();
  drawn.on("zoomend", draw);
  label(box);
}

/** Spots closer than a finger's width at this zoom, as one at the place of the first. */
function together(drawn: Map, all: Spot[]): Spot[] {
  const groups: (Spot & { pixel: Point })[] = [];
  for (const spot of all) {
    const pixel = drawn.project(spot.at);
    const near = groups.find((group) => group.pixel.distanceTo(pixel) < APART);
    if (near) near.items.push(...spot.items);
    else groups.push({ at: spot.at, items: [...spot.items], pixel });
  }
  return groups;
}

function single(box: HTMLElement, at: LatLng): void {
  const drawn = base(box).setView(at, 14);
  const title = box.dataset.title ?? "";
  marker(at, { icon: pin(1), title, alt: title, keyboard: false, interactive: false }).addTo(drawn);
  label(box);
}

function picker(box: HTMLElement): void {
  const [lon, lat] = ["f-lon", "f-lat"].map((id) => document.getElementById(id) as HTMLInputElement | null);
  const system = document.getElementById("f-datum") as HTMLSelectElement | null;
  if (!lon || !lat) return;
  const drawn = base(box);
  let mark: Marker | undefined;
  const typed = (): LatLng | undefined => {
    const [x, y] = [number(lon.value), number(lat.value)];
    if (x === undefined || y === undefined || Math.abs(x) > 180 || Math.abs(y) > 85) return undefined;
    // What is typed in another system is converted when it is saved; the marker would stand beside it.
    return system && system.value !== "wgs84" ? undefined : drawnAt(x, y);
  };
  const title = box.dataset.title ?? "";
  const show = (at: LatLng | undefined): void => {
    if (!at) mark?.remove();
    else if (mark) mark.setLatLng(at).addTo(drawn);
    else mark = marker(at, { icon: pin(1), title, alt: title, interactive: false, keyboard: false }).addTo(drawn);
  };
  const start = typed();
  drawn.setView(start ?? point(box, "middleLon", "middleLat") ?? latLng(35, 105), start || box.dataset.middleLon ? 14 : 4);
  show(start);
  drawn.on("click", (event: { latlng: LatLng }) => {
    const at = ofTiles(datum, { lon: event.latlng.lng, lat: event.latlng.lat });
    lon.value = at.lon.toFixed(5);
    lat.value = at.lat.toFixed(5);
    if (system) system.value = "wgs84";
    show(event.latlng);
  });
  for (const field of [lon, lat, system]) {
    field?.addEventListener("change", () => {
      const at = typed();
      show(at);
      if (at) drawn.panTo(at);
    });
  }
  // A closed fold has no size until it opens.
  box.closest("details")?.addEventListener("toggle", () => drawn.invalidateSize());
  label(box);
}

/** Leaflet's zoom buttons are links without a place to go: to readers of the screen they are buttons. */
function label(box: HTMLElement): void {
  for (const button of box.querySelectorAll<HTMLElement>(".leaflet-control-zoom a")) {
    button.setAttribute("aria-label", button.title);
  }
}

for (const box of document.querySelectorAll<HTMLElement>("[data-map]")) {
  const own = point(box, "lon", "lat");
  if (box.hasAttribute("data-pick")) picker(box);
  else if (own) single(box, own);
  else overview(box);
}
