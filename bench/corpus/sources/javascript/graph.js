class PriorityQueue {
  #heap = [];
  get size() {
    return this.#heap.length;
  }
  push(cost, value) {
    const heap = this.#heap;
    let at = heap.push({ cost, value }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].cost <= heap[at].cost) break;
      [heap[parent], heap[at]] = [heap[at], heap[parent]];
      at = parent;
    }
  }
  pop() {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length) {
      heap[0] = last;
      for (let at = 0; ; ) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < heap.length && heap[child].cost < heap[least].cost) least = child;
        }
        if (least === at) break;
        [heap[least], heap[at]] = [heap[at], heap[least]];
        at = least;
      }
    }
    return top;
  }
}

function distances(graph, start) {
  const best = { [start]: 0 };
  const open = new PriorityQueue();
  open.push(0, start);
  while (open.size) {
    const { cost, value: place } = open.pop();
    if (cost > best[place]) continue;
    for (const [next, step] of Object.entries(graph[place] ?? {})) {
      if (cost + step < (best[next] ?? Infinity)) {
        best[next] = cost + step;
        open.push(cost + step, next);
      }
    }
  }
  return best;
}

const graph = { home: { bakery: 4, school: 2 }, school: { bakery: 1, park: 8 }, bakery: { station: 5 }, park: { station: 2 } };
for (const [place, cost] of Object.entries(distances(graph, 'home')).sort((a, b) => a[1] - b[1])) {
  console.log(`${String(cost).padStart(2)} ${place}`);
}
console.log(distances(graph, 'station'));
