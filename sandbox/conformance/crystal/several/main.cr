require "./other"

puts greeting
