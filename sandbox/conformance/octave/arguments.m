words = argv();
for i = 1:numel(words)
  disp(words{i})
end
