// From WGS-84, in which everything is kept, to the system that tiles of the mainland are drawn in (GCJ-02), and back: the
// formula of `kernel::geo`, which says where it comes from. Outside the mainland's bounding box nothing moves.

export interface Place {
  lon: number;
  lat: number;
}

const AXIS = 6_378_245;
const ECCENTRICITY = 0.006693421622965943;

const inside = ({ lon, lat }: Place): boolean => lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;

function shift(at: Place): Place {
  const [x, y] = [at.lon - 105, at.lat - 35];
  const wave = (of: number, amplitude: number): number => amplitude * Math.sin(of * Math.PI);
  const common = ((wave(6 * x, 20) + wave(2 * x, 20)) * 2) / 3;
  const north =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + common +
    ((wave(y, 20) + wave(y / 3, 40)) * 2) / 3 + ((wave(y / 12, 160) + wave(y / 30, 320)) * 2) / 3;
  const east =
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + common +
    ((wave(x, 20) + wave(x / 3, 40)) * 2) / 3 + ((wave(x / 12, 150) + wave(x / 30, 300)) * 2) / 3;
  const lat = (at.lat * Math.PI) / 180;
  const bend = 1 - ECCENTRICITY * Math.sin(lat) ** 2;
  return {
    lon: (east * 180) / ((AXIS / Math.sqrt(bend)) * Math.cos(lat) * Math.PI),
    lat: (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (bend * Math.sqrt(bend))) * Math.PI),
  };
}

/** A place as the tiles of a system show it. */
export function onTiles(datum: string, at: Place): Place {
  if (datum !== "gcj02" || !inside(at)) return at;
  const by = shift(at);
  return { lon: at.lon + by.lon, lat: at.lat + by.lat };
}

/** What was pressed on the tiles of a system, in WGS-84. */
export function ofTiles(datum: string, at: Place): Place {
  let guess = at;
  for (let step = 0; step < 5; step += 1) {
    const there = onTiles(datum, guess);
    guess = { lon: guess.lon + at.lon - there.lon, lat: guess.lat + at.lat - there.lat };
  }
  return guess;
}
