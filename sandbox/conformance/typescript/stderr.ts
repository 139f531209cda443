console.error("to standard error");
