puts "first"

puts here
