.read other.sql
SELECT line FROM greeting;
