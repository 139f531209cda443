import Other (greeting)

main :: IO ()
main = putStrLn greeting
