package coderunner;

import dotty.tools.dotc.Main;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Scala compiler, for one program: {@code [--packages=FOLDER] OPTION... SOURCE...}. Started with {@code --wait} it has
 * compiled a typical one, says so on its output, and takes its command from its input (docs/agent-protocol.md, prestart).
 *
 * <p>A macro is run by the compiler that reads it, so no other program is compiled by this one.
 */
final class ScalaCompiler {
    private static final Path JARS = Path.of("/opt/coderunner/scala/jars");
    private static final String PACKAGES = "--packages=";
    private static final String REHEARSAL = """
            import scala.collection.mutable

            enum Shape:
              case Circle(radius: Double)
              case Square(side: Double)

            case class Point(x: Int, y: Int)

            trait Named:
              def name: String
              def greeting: String = s"Hello, $name!"

            object World extends Named { def name = "World" }

            def area(shape: Shape): Double = shape match
              case Shape.Circle(radius) => math.Pi * radius * radius
              case Shape.Square(side)   => side * side

            given Ordering[Point] = Ordering.by(_.x)

            @main def rehearsal(words: String*): Unit =
              val counts = mutable.Map[String, Int]().withDefaultValue(0)
              for word <- words.flatMap(_.split(" ")) do counts(word) += 1
              println(counts.toSeq.sortBy(-_._2).map((word, count) => s"$word: $count").mkString(", "))
              val points = (1 to 5).map(n => Point(n, n * n)).filter(_.y > 2).sorted
              println(List(Shape.Circle(1), Shape.Square(2)).map(area).sum + points.length)
              try println(World.greeting + Option(words.length).getOrElse(0))
              catch case error: RuntimeException => println(error.getMessage)
            """;

    public static void main(String[] words) throws IOException {
        var waits = words.length == 1 && words[0].equals("--wait");
        System.exit(compile(waits ? waited() : List.of(words)));
    }

    private static List<String> waited() throws IOException {
        rehearse();
        System.out.write('1');
        System.out.flush();
        var agent = new DataInputStream(System.in);
        try {
            var command = readList(agent);
            readList(agent); // an environment, which tells a compiler nothing
            return command.subList(1, command.size());
        } catch (EOFException closed) { // the slot closes: there will be no program
            System.exit(0);
            throw closed;
        }
    }

    private static List<String> readList(DataInputStream agent) throws IOException {
        var list = new ArrayList<String>();
        for (var count = agent.readInt(); count > 0; count--) {
            list.add(new String(agent.readNBytes(agent.readInt()), StandardCharsets.UTF_8));
        }
        return list;
    }

    private static void rehearse() throws IOException {
        var folder = Files.createTempDirectory("rehearsal-");
        var source = Files.writeString(folder.resolve("rehearsal.scala"), REHEARSAL);
        var code = compile(List.of("-d", folder.toString(), source.toString()));
        try (Stream<Path> made = Files.walk(folder)) {
            for (var path : made.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        if (code != 0) {
            throw new IllegalStateException("the rehearsal does not compile");
        }
        System.gc();
    }

    /** What scalac would exit with. Programs find Scala's library, and not the compiler's own classes. */
    private static int compile(List<String> words) throws IOException {
        var command = new ArrayList<>(List.of("-color:never", "-classpath"));
        var takesPackages = !words.isEmpty() && words.get(0).startsWith(PACKAGES);
        command.add(libraries() + (takesPackages ? jars(words.get(0).substring(PACKAGES.length())) : ""));
        command.addAll(takesPackages ? words.subList(1, words.size()) : words);
        return Main.process(command.toArray(String[]::new)).hasErrors() ? 1 : 0;
    }

    private static String libraries() throws IOException {
        try (Stream<Path> jars = Files.list(JARS)) {
            return jars.map(Path::toString)
                    .filter(jar -> jar.contains("/scala-library-") || jar.contains("/scala3-library_3-"))
                    .collect(Collectors.joining(File.pathSeparator));
        }
    }

    /** The jars in a folder of packages, as what a class path ends with. */
    private static String jars(String folder) throws IOException {
        try (var names = Files.lines(Path.of(folder, "class-path"))) {
            return names.map(name -> File.pathSeparator + folder + "/" + name).collect(Collectors.joining());
        }
    }

    private ScalaCompiler() {}
}
