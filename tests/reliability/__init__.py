"""What Lettrage promises about itself, the command that shows each promise, and the page that tells what was seen."""
