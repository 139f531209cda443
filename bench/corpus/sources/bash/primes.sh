#!/bin/bash
# Primes by trial division, and greatest common divisors.

is_prime() {
    local n=$1 d
    (( n < 2 )) && return 1
    for (( d = 2; d * d <= n; d++ )); do
        (( n % d == 0 )) && return 1
    done
    return 0
}

gcd() {
    local a=$1 b=$2
    while (( b != 0 )); do
        (( t = b, b = a % b, a = t ))
    done
    echo "$a"
}

primes=()
for n in {1..200}; do
    is_prime "$n" && primes+=("$n")
done
echo "${#primes[@]} primes, the last is ${primes[-1]}"
echo "first ten: ${primes[*]:0:10}"

sum=0
for p in "${primes[@]}"; do (( sum += p )); done
echo "sum $sum, mean $(( sum / ${#primes[@]} ))"
echo "gcd $(gcd 1071 462) $(gcd 17 5)"
printf 'hex %x oct %o\n' 255 8
echo "$(( 2#1011 + 16#ff )) $(( 7 ** 3 )) $(( -7 % 3 ))"
