puts "first"

puts "x"here
