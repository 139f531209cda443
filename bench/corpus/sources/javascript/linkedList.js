class Node {
  constructor(value, next = null) {
    this.value = value;
    this.next = next;
  }
}

class LinkedList {
  constructor(values = []) {
    this.head = null;
    this.length = 0;
    for (const value of [...values].reverse()) this.unshift(value);
  }

  unshift(value) {
    this.head = new Node(value, this.head);
    this.length++;
    return this;
  }

  reverse() {
    let before = null;
    for (let at = this.head; at; ) [at.next, before, at] = [before, at, at.next];
    this.head = before;
    return this;
  }

  hasCycle() {
    let slow = this.head;
    for (let fast = this.head; fast?.next; ) {
      slow = slow.next;
      fast = fast.next.next;
      if (slow === fast) return true;
    }
    return false;
  }

  *[Symbol.iterator]() {
    for (let at = this.head; at; at = at.next) yield at.value;
  }
}

function quickSort(items) {
  if (items.length < 2) return items;
  const [pivot, ...rest] = items;
  return [...quickSort(rest.filter((n) => n < pivot)), pivot, ...quickSort(rest.filter((n) => n >= pivot))];
}

const list = new LinkedList([5, 3, 8, 1]);
console.log([...list], list.length, list.hasCycle());
console.log([...list.reverse()].join(' -> '));
console.log(quickSort([...list, 7, 4, 3]));
list.head.next.next.next.next = list.head;
console.log(list.hasCycle());
