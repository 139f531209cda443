import { greeting } from "./other";

console.log(greeting());
