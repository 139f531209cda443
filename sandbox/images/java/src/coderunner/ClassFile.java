package coderunner;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a class file tells of its source: the file's name, and the first line that has code of the class (JVM specification,
 * chapter 4).
 */
record ClassFile(String source, int firstLine) {
    static ClassFile read(Path path) throws IOException {
        try (var input = new DataInputStream(Files.newInputStream(path))) {
            input.skipNBytes(8); // magic number, version
            return new Reader(input, constants(input)).rest();
        }
    }

    /** The constant pool: strings as such, anything else is null. */
    private static String[] constants(DataInputStream input) throws IOException {
        var pool = new String[input.readUnsignedShort()];
        for (var i = 1; i < pool.length; i++) {
            switch (input.readUnsignedByte()) {
                case 1 -> pool[i] = input.readUTF();
                case 3, 4, 9, 10, 11, 12, 17, 18 -> input.skipNBytes(4);
                case 5, 6 -> {
                    input.skipNBytes(8);
                    i++; // a long or a double takes two places
                }
                case 15 -> input.skipNBytes(3);
                default -> input.skipNBytes(2);
            }
        }
        return pool;
    }

    private static final class Reader {
        private final DataInputStream input;
        private final String[] pool;
        private String source = "";
        private int firstLine = Integer.MAX_VALUE;

        Reader(DataInputStream input, String[] pool) {
            this.input = input;
            this.pool = pool;
        }

        ClassFile rest() throws IOException {
            input.skipNBytes(6); // flags, the class itself, its superclass
            input.skipNBytes(2L * input.readUnsignedShort()); // interfaces
            members();
            members();
            attributes();
            return new ClassFile(source, firstLine);
        }

        private void members() throws IOException {
            for (var count = input.readUnsignedShort(); count > 0; count--) {
                input.skipNBytes(6);
                attributes();
            }
        }

        private void attributes() throws IOException {
            for (var count = input.readUnsignedShort(); count > 0; count--) {
                var name = pool[input.readUnsignedShort()];
                var size = input.readInt();
                switch (name) {
                    case "SourceFile" -> source = pool[input.readUnsignedShort()];
                    case "LineNumberTable" -> lines();
                    case "Code" -> {
                        input.skipNBytes(4);
                        input.skipNBytes(input.readInt());
                        input.skipNBytes(8L * input.readUnsignedShort()); // exception handlers
                        attributes();
                    }
                    default -> input.skipNBytes(size);
                }
            }
        }

        private void lines() throws IOException {
            for (var count = input.readUnsignedShort(); count > 0; count--) {
                input.readUnsignedShort();
                firstLine = Math.min(firstLine, input.readUnsignedShort());
            }
        }
    }
}
