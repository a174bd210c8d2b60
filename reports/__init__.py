"""What people read: quality reports, the portal, the data dictionary."""
