package dev.slipway.evaluation;

import dev.slipway.tensor.SlipwayException;
import dev.slipway.vision.Box;
import dev.slipway.vision.Image;
import dev.slipway.vision.ImageFile;
import dev.slipway.vision.TextLineReader;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines of text of an {@link OcrFormat}, each cut out of its picture and upright, for recognition alone. Lines that
 * are marked as unreadable are left out.
 */
public final class OcrLinesFormat implements DatasetFormat {

  @Override
  public String name() {
    return "ocr-lines";
  }

  @Override
  public String description() {
    return "the lines of text that are labelled in pictures as PaddleOCR does it, each cut out";
  }

  /** Nothing: the same files are {@link OcrFormat} where nobody says otherwise. */
  @Override
  public boolean accepts(DatasetSource source) {
    return false;
  }

  @Override
  public Dataset open(DatasetSource source) {
    return OcrFormat.open(source, (tree, labels) -> {
      List<Cutout> cutouts = new ArrayList<>();
      labels.forEach((file, lines) -> lines.stream()
          .filter(line -> !line.isUnreadable())
          .forEach(line -> cutouts.add(new Cutout(file, line))));
      if (cutouts.isEmpty()) {
        throw new SlipwayException("data set: " + source.path() + " has no line that can be read (expected: at least"
            + " 1)");
      }
      return new Cutouts(source.path().toString(), tree, cutouts);
    });
  }

  /** One line. */
  private record Cutout(String file, Label.Line line) {

    /** Corners may stand out of the picture, but not by more than its size. */
    void requireIn(Image picture) {
      Box box = line.quad().bounds();
      int width = picture.width();
      int height = picture.height();
      if (box.left() < -width || box.top() < -height || box.right() > 2 * width || box.bottom() > 2 * height) {
        throw new SlipwayException(file + ": points of " + line.text() + ": " + box.left() + ", " + box.top() + " to "
            + box.right() + ", " + box.bottom() + " (expected: in the picture of " + width + "x" + height + ")");
      }
    }
  }

  private record Cutouts(String name, FileTree tree, List<Cutout> cutouts) implements Dataset {

    @Override
    public int size() {
      return cutouts.size();
    }

    @Override
    public Item item(int index) {
      Cutout cutout = cutouts.get(index);
      Image picture = ImageFile.decode(tree.read(cutout.file), cutout.file);
      cutout.requireIn(picture);
      Image strip = TextLineReader.strip(picture, cutout.line.quad());
      return new Item(cutout.file + " " + cutout.line.text(), new Content.Picture(strip),
          new Label.Text(cutout.line.text()));
    }

    @Override
    public void close() {
      tree.close();
    }
  }
}
