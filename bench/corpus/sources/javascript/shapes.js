'use strict';
const assert = require('node:assert');
const util = require('node:util');

class Shape {
  #name;
  constructor(name) {
    if (new.target === Shape) throw new TypeError('Shape is abstract');
    this.#name = name;
  }
  get name() {
    return this.#name;
  }
  toString() {
    return `${this.name} of ${this.area().toFixed(2)}`;
  }
}

class Circle extends Shape {
  constructor(radius) {
    super('circle');
    this.radius = radius;
  }
  area() {
    return Math.PI * this.radius ** 2;
  }
}

class Rectangle extends Shape {
  constructor(width, height) {
    super(width === height ? 'square' : 'rectangle');
    Object.assign(this, { width, height });
  }
  area() {
    return this.width * this.height;
  }
  static square(side) {
    return new Rectangle(side, side);
  }
}

const shapes = [new Circle(1.5), new Rectangle(3, 4.5), Rectangle.square(2)];
shapes.sort((a, b) => b.area() - a.area()).forEach((shape) => console.log(String(shape)));
console.log('total', shapes.reduce((sum, shape) => sum + shape.area(), 0).toFixed(3));
assert.throws(() => new Shape('any'), { name: 'TypeError', message: /abstract/ });
assert.deepStrictEqual({ ...Rectangle.square(2) }, { width: 2, height: 2 });
console.log(util.inspect(new Rectangle(1, 2)), util.types.isDate(shapes[0]));
