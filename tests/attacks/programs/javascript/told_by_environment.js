console.log("ran", typeof globalThis.evil);
