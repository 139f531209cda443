main :: IO ()
main = do
    putStrLn here
