include "other" {search: "."};

greeting
