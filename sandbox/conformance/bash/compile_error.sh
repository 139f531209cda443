echo first

if true; then echo here; )
