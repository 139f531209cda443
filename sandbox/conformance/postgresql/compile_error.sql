SELECT 1;

SELEKT 'here';
