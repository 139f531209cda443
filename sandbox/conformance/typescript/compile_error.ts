const first: string = "first";
console.log(first);
const here: number = first;
