module Other (greeting) where

greeting :: String
greeting = "Hello from the other file!"
