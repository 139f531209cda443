import java.util.List;
import java.util.Locale;

public class Shapes {
    sealed interface Shape permits Circle, Rectangle, Triangle {}

    record Circle(double radius) implements Shape {}

    record Rectangle(double width, double height) implements Shape {
        Rectangle {
            if (width < 0 || height < 0) {
                throw new IllegalArgumentException("negative side");
            }
        }
    }

    record Triangle(double a, double b, double c) implements Shape {}

    static double area(Shape shape) {
        return switch (shape) {
            case Circle circle -> Math.PI * circle.radius() * circle.radius();
            case Rectangle(double width, double height) -> width * height;
            case Triangle t -> {
                double s = (t.a() + t.b() + t.c()) / 2;
                yield Math.sqrt(s * (s - t.a()) * (s - t.b()) * (s - t.c()));
            }
        };
    }

    public static void main(String[] args) {
        List<Shape> shapes = List.of(new Circle(1.5), new Rectangle(3, 4.5), new Triangle(3, 4, 5));
        double total = 0;
        for (Shape shape : shapes) {
            total += area(shape);
            System.out.println(shape + " " + String.format(Locale.ROOT, "%.3f", area(shape)));
        }
        System.out.printf(Locale.ROOT, "total %.3f%n", total);
        try {
            new Rectangle(-1, 2);
        } catch (IllegalArgumentException error) {
            System.out.println("refused: " + error.getMessage());
        }
    }
}
