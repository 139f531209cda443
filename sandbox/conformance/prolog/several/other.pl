:- module(other, [greeting/1]).

greeting('Hello from the other file!').
