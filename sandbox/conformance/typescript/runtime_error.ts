interface Point {
  x: number;
}

function fail(point: Point): never {
  throw new Error(`got here: ${point.x}`);
}

fail({ x: 1 });
