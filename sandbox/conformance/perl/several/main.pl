use lib ".";
use Other;

print Other::greeting(), "\n";
