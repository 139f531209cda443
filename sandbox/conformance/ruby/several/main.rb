require_relative "other"

puts greeting
