import System.IO (hPutStrLn, stderr)

main :: IO ()
main = hPutStrLn stderr "to standard error"
