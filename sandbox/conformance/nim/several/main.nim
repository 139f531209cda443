import other

echo greeting()
