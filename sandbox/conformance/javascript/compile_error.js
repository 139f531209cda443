console.log("first");

let here = ;
