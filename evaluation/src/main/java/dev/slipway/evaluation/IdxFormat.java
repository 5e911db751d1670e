package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Image;
import dev.slipway.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Grey pictures in an IDX file, as MNIST has them (LeCun et al., 1998), compressed by gzip or not. Their labels stand
 * in another IDX file: the one given, or the one whose name has {@code labels} and {@code idx1} for {@code images} and
 * {@code idx3}. Without one the pictures have no labels.
 */
public final class IdxFormat implements DatasetFormat {
  private static final int PICTURES = 0x0803;
  private static final int LABELS = 0x0801;
  private static final int HEADER_OF_PICTURES = 16;
  private static final int HEADER_OF_LABELS = 8;

  @Override
  public String name() {
    return "idx";
  }

  @Override
  public String description() {
    return "grey pictures in an IDX file such as MNIST's, with another of labels";
  }

  @Override
  public boolean accepts(DatasetSource source) {
    if (!Files.isRegularFile(source.path())) {
      return false;
    }
    byte[] head = ByteFile.head(source.path(), 4);
    return head.length == 4 && ByteBuffer.wrap(head).getInt() == PICTURES;
  }

  @Override
  public Dataset open(DatasetSource source) {
    ByteBuffer pictures = file(source.path(), PICTURES, HEADER_OF_PICTURES, "pictures, magic number 0x0803");
    int count = pictures.getInt(4);
    int height = pictures.getInt(8);
    int width = pictures.getInt(12);
    long expected = HEADER_OF_PICTURES + (long) count * height * width;
    if (count < 1 || height < 1 || width < 1 || expected != pictures.capacity()) {
      throw new SlipwayException(source.path() + ": " + pictures.capacity() + " bytes for " + count + " pictures of "
          + width + "x" + height + " (expected: at least one picture, and as many bytes as they need)");
    }
    return new Pictures(source.path().toString(), pictures.array(), labels(source, count), count, width, height);
  }

  private static byte[] labels(DatasetSource source, int count) {
    Optional<Path> file = source.labels().or(() -> sibling(source.path()));
    if (file.isEmpty()) {
      return new byte[0];
    }
    ByteBuffer labels = file(file.get(), LABELS, HEADER_OF_LABELS, "labels, magic number 0x0801");
    if (labels.getInt(4) != count || labels.capacity() != HEADER_OF_LABELS + count) {
      throw new SlipwayException(file.get() + ": " + labels.getInt(4) + " labels in " + labels.capacity()
          + " bytes (expected: " + count + ", one for each picture)");
    }
    return Arrays.copyOfRange(labels.array(), HEADER_OF_LABELS, labels.capacity());
  }

  private static Optional<Path> sibling(Path pictures) {
    String name = pictures.getFileName().toString();
    Path labels = pictures.resolveSibling(name.replace("images", "labels").replace("idx3", "idx1"));
    return Files.exists(labels) && !labels.equals(pictures) ? Optional.of(labels) : Optional.empty();
  }

  private static ByteBuffer file(Path path, int magic, int header, String expected) {
    ByteBuffer bytes = ByteBuffer.wrap(ByteFile.read(path));
    if (bytes.capacity() < header || bytes.getInt(0) != magic) {
      throw new SlipwayException(path + ": no such IDX file (expected: unsigned bytes of " + expected + ")");
    }
    return bytes;
  }

  private record Pictures(String name, byte[] bytes, byte[] labels, int size, int width, int height)
      implements Dataset {

    @Override
    public Item item(int index) {
      int start = HEADER_OF_PICTURES + index * width * height;
      byte[] pixels = Arrays.copyOfRange(bytes, start, start + width * height);
      Image image = new Image(width, height, PixelFormat.GREY, pixels);
      return new Item("picture " + index, new Content.Picture(image),
          labels.length == 0 ? new Label.None() : new Label.Category(labels[index] & 0xff));
    }

    @Override
    public OptionalInt category(int index) {
      return labels.length == 0 ? OptionalInt.empty() : OptionalInt.of(labels[index] & 0xff);
    }
  }
}
