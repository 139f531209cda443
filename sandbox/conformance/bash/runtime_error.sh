set -e
echo 'so far, so good'
no_such_command_here
