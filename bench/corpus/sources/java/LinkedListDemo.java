import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;

public class LinkedListDemo {
    static class Chain<T> implements Iterable<T> {
        private static class Node<T> {
            final T value;
            Node<T> next;

            Node(T value) {
                this.value = value;
            }
        }

        private Node<T> first;
        private Node<T> last;
        private int size;

        @SafeVarargs
        static <T> Chain<T> of(T... values) {
            Chain<T> chain = new Chain<>();
            for (T value : values) {
                chain.add(value);
            }
            return chain;
        }

        void add(T value) {
            Node<T> node = new Node<>(value);
            if (first == null) {
                first = node;
            } else {
                last.next = node;
            }
            last = node;
            size++;
        }

        <R> Chain<R> map(Function<? super T, ? extends R> function) {
            Chain<R> mapped = new Chain<>();
            for (T value : this) mapped.add(function.apply(value));
            return mapped;
        }

        Chain<T> filter(Predicate<? super T> wanted) {
            Chain<T> kept = new Chain<>();
            for (T value : this) if (wanted.test(value)) kept.add(value);
            return kept;
        }

        @Override
        public Iterator<T> iterator() {
            return new Iterator<>() {
                private Node<T> at = first;

                public boolean hasNext() { return at != null; }

                public T next() {
                    if (at == null) throw new NoSuchElementException();
                    T value = at.value;
                    at = at.next;
                    return value;
                }
            };
        }
    }

    public static void main(String[] args) {
        Chain<Integer> numbers = Chain.of(5, 3, 8, 1, 9, 2);
        for (String text : numbers.filter(n -> n > 2).map(n -> "<" + n * n + ">")) System.out.print(text + " ");
        System.out.println(numbers.size);
    }
}
