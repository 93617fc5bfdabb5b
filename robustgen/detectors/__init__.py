"""The scikit-learn face: each file chooses the parts of one method."""
