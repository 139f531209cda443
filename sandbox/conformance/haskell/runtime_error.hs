main :: IO ()
main = do
    _ <- error "got here"
    return ()
